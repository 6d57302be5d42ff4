"""TLS as a client that wants to see, not to be safe: handshakes, certificates, trust.

Nothing here verifies in order to refuse: a survey that broke off at a bad certificate would see no bad certificates.
What is wrong with one is found afterwards, from its DER.
"""
