"""How calls of AWS's clients reach an adapter in this process, for `anydynamo.testing.mocking`.

- `seams`: the functions of botocore that are replaced while a mock is active
- `shortcuts`: the short way of a call, for clients and requests where nobody sees a difference
- `listeners`: who listens to a call's events, which decides whether the short way may be taken
- `plain`: whether a request would pass botocore's own checks, and arrive as it is
- `answers`: the whole way, with a response in place of the network's
- `data`: the adapter that answers, driven by whoever calls
- `decorating`: functions and classes that run inside a mock
- `environment`: the credentials and the region that clients find
"""
