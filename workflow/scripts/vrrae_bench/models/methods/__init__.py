"""The methods: a file for each kind of bottleneck, found by being here. `artefacts.methods` reads their entries.

A file has a class that is a `models.bottleneck.Bottleneck`, and under `METHODS` an entry for each method that has
it. `artefacts.methods.Method` says what an entry may tell.
"""
