"""Our sweeper and our launcher, where Hydra looks for plugins: it takes them from no other package."""
