"""The cases. Each module's cases(lab) yields (name, function, arguments...)."""
