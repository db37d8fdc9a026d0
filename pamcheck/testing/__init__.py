"""Testing implementations of PAM, this project's own and foreign ones."""
