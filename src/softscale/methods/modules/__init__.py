"""What methods train, as torch modules, one file a method. The files above need no torch until they build one."""
