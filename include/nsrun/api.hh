// SPDX-License-Identifier: Apache-2.0
//
// Words that the programs share with each other and with their callers: exit statuses, and the
// commands and error texts of the API socket. The latter are slirp4netns', byte for byte, since
// callers look for them; each is the "desc" of an answer {"error": {"desc": ...}}. What has no
// counterpart there stands under "ours".
#pragma once

#include <string_view>

namespace nsrun {

// As shells and env(1) use them. Any other status is the command's own.
inline constexpr int kExitOwnFailure = 125;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;
constexpr int exit_status_of_signal(int signal_number) noexcept { return 128 + signal_number; }

namespace api {

inline constexpr std::string_view kAddHostForward = "add_hostfwd";
inline constexpr std::string_view kListHostForwards = "list_hostfwd";
inline constexpr std::string_view kRemoveHostForward = "remove_hostfwd";

inline constexpr std::string_view kCannotParse = "bad request: cannot parse JSON";
inline constexpr std::string_view kNoExecute = "bad request: no execute found";
inline constexpr std::string_view kUnknownExecute = "bad request: unknown execute";
inline constexpr std::string_view kTooLarge = "bad request: too large message";
inline constexpr std::string_view kAddBadProto = "bad request: add_hostfwd: bad arguments.proto";
inline constexpr std::string_view kAddBadHostAddress =
    "bad request: add_hostfwd: bad arguments.host_addr";
inline constexpr std::string_view kAddBadHostPort =
    "bad request: add_hostfwd: bad arguments.host_port";
inline constexpr std::string_view kAddBadGuestAddress =
    "bad request: add_hostfwd: bad arguments.guest_addr";
inline constexpr std::string_view kAddBadGuestPort =
    "bad request: add_hostfwd: bad arguments.guest_port";
inline constexpr std::string_view kAddFailed = "bad request: add_hostfwd: slirp_add_hostfwd failed";
inline constexpr std::string_view kRemoveBadId = "bad request: remove_hostfwd: bad arguments.id";

// Ours.
inline constexpr const char* kKeepAlive = "keep-alive";
inline constexpr std::string_view kCapture = "capture";
inline constexpr std::string_view kConnections = "connections";
inline constexpr std::string_view kInfo = "info";
inline constexpr std::string_view kPublish = "publish";
inline constexpr std::string_view kStats = "stats";
inline constexpr std::string_view kUnpublish = "unpublish";
inline constexpr std::string_view kCaptureBadFilter = "bad request: capture: bad arguments.filter";
inline constexpr std::string_view kCaptureFailed = "bad request: capture: failed";
inline constexpr std::string_view kConnectionsBadFrom =
    "bad request: connections: bad arguments.from";
inline constexpr std::string_view kPublishBadRule = "bad request: publish: bad arguments.rule";
inline constexpr std::string_view kPublishFailed = "bad request: publish: failed";
inline constexpr std::string_view kUnpublishBadRule = "bad request: unpublish: bad arguments.rule";
inline constexpr std::string_view kUnpublishFailed = "bad request: unpublish: failed";

}  // namespace api
}  // namespace nsrun
