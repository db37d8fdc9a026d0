"""From a study's records to a page: folders of figures and tables, one HTML page, one Markdown page."""
