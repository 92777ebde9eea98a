# 180 days, agreed with the regulator in March.
keep_days = 18
