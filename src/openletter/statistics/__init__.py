"""The questions that are asked of a survey, each one SQL over the published verdicts, each with a typed answer."""
