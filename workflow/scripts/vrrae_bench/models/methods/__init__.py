"""The methods: a file for each kind of bottleneck, found by being here. `artefacts.methods` reads their lines.

A file has a class that is a `models.bottleneck.Bottleneck`, and under `METHODS` a line for each method that has it.
`artefacts.methods.Method` says what a line may tell.
"""
