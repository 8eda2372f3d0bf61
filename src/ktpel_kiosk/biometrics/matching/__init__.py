"""Comparison of fingers by their minutiae: cylinders, relaxation, the matcher on top, and the search among many."""
