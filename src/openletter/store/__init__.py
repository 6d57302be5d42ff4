"""Where surveys are kept: observations as Parquet, certificates once each, and a manifest that says what is whole."""
