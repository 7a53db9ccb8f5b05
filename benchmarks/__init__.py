"""What FirstTry costs and saves, measured on real projects."""
