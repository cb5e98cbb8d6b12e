// SPDX-License-Identifier: Apache-2.0
//
// Words that the programs share with each other and with their callers: the commands and error
// texts of the API socket. They are slirp4netns', byte for byte, since callers look for them; each
// text is the "desc" of an answer {"error": {"desc": ...}}. What has no counterpart there stands
// under "ours".
#pragma once

#include <string_view>

namespace nsrun::api {

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

}  // namespace nsrun::api
