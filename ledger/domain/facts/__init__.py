"""The envelope and every fact type, one module per stage of life.

Data only: what facts mean is told by subjects and rules.
"""
