// SPDX-License-Identifier: Apache-2.0
import Glibc
import Host

var configuration = Configuration()
configuration.port = UInt16(CommandLine.arguments.last ?? "") ?? 8080
exit(ServerProcess(configuration).run())
