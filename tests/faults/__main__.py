"""Write docs/faults.md anew: `python -m tests.faults`."""

from tests.faults.report import PATH, faults_page

if __name__ == "__main__":
    PATH.write_text(faults_page())
    print(f"{PATH} written")
