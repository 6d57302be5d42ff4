"""What the charts of the pages show: from answers of :mod:`openletter.statistics` to data with all their words."""
