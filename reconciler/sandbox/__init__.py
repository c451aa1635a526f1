"""An embedded Airbyte: the public API on SQLite, to try, test and rehearse with no Airbyte at hand.

Written from Airbyte's published API description and the behaviour of its server, never from what
the reconciler needs: it is the independent witness of the tests. It shares no code with the rest of
the package, only the data file of connectors.
"""
