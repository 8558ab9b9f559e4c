"""Initialisations of a soft prompt: each makes a `[P, H]` array (Lester et al. 2021, section 3.2 and figure 3b)."""
