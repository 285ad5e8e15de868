"""Judge of the two-sample Kolmogorov-Smirnov test: scipy's exact method. One JSON object {"a": [...], "b": [...]} per
line in; one JSON object {"d": ..., "p": ...} per line out."""
import json
import sys

from scipy.stats import ks_2samp

for line in sys.stdin:
    case = json.loads(line)
    result = ks_2samp(case["a"], case["b"], alternative="two-sided", mode="exact")
    print(json.dumps({"d": float(result.statistic), "p": float(result.pvalue)}))
