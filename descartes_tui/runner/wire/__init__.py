"""How clients and supervisor talk."""
