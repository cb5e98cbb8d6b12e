// SPDX-License-Identifier: Apache-2.0
//
// Running instances of netns-run: their names, and the control socket at which each answers. It is
// an abstract Unix socket in the network namespace of the host: no guest can reach it (unix(7)),
// and nothing is left of it however its helper ends. Abstract names have no owner, so both sides
// look at the other's uid.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unix_address.hh"

namespace nsrun {

// What the helper is told of the instance that it serves.
struct Instance {
  std::string name;     // "": made from the launcher's pid
  int64_t started = 0;  // seconds since 1970
  std::string command;  // for people, shortened
};

inline constexpr std::string_view kInstanceNames =
    "1 to 63 letters, digits, \"-\", \"_\" and \".\", the first a letter or digit";
bool is_instance_name(std::string_view text) noexcept;

// NAME,STARTED,COMMAND: one word of the helper's command line.
std::string to_text(const Instance& instance);
std::optional<Instance> parse_instance(std::string_view text);

// Without the null byte in front.
std::string control_socket_name(uid_t uid, std::string_view instance_name);
// `instance_name` is one.
base::UnixAddress control_socket_address(uid_t uid, std::string_view instance_name);

// Where netns-run itself tells netns-ctl exec how to follow the command (launcher/entrance.hh).
base::UnixAddress entrance_address(uid_t uid, pid_t launcher);

}  // namespace nsrun
