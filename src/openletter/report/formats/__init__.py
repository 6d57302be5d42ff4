"""Report rows as other tools read them: lines of CEF and ECS, bundles of STIX."""
