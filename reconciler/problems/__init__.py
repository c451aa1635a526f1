"""What is wrong or worth knowing: problems, the rules they break, the exception tree."""
