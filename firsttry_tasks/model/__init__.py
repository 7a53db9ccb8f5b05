"""Types that several folders share: values, errors and records, with no effects of their own."""
