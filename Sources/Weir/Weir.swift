// SPDX-License-Identifier: Apache-2.0
@_exported public import Host
@_exported public import Operators
@_exported public import Sinks
@_exported public import Streams
