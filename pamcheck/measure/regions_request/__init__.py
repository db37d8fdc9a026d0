"""What `pamcheck regions` is asked: expressions, perceptrons from files, domains; and the numbers it prints."""
