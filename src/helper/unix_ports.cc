// SPDX-License-Identifier: Apache-2.0
#include "helper/unix_ports.hh"

#include <fmt/format.h>

#include <exception>

#include "base/error.hh"
#include "base/log.hh"

namespace nsrun::helper {
namespace {

void open_one(const rules::UnixRule& rule, dataplane::DataPlane& data_plane,
              std::list<control::PathSocket>& opened) {
  control::PathSocket& socket = opened.emplace_back(rule.path, SOCK_STREAM, "published socket");
  const auto error = data_plane.publish_unix_socket(socket.take_fd(), rule.path, rule.guest_port);
  if (error) throw base::Failure(error->message);
}

}  // namespace

std::list<control::PathSocket> open_unix_ports(const std::vector<rules::UnixRule>& rules,
                                               dataplane::DataPlane& data_plane, TakenPort taken) {
  std::list<control::PathSocket> opened;
  for (const rules::UnixRule& rule : rules) {
    try {
      open_one(rule, data_plane, opened);
    } catch (const std::exception& error) {
      const std::string text = fmt::format("cannot publish {}: {}", rule.to_string(), error.what());
      if (taken == TakenPort::kIsAnError) throw base::Failure(text);
      base::log::warning("{}", text);
    }
  }
  return opened;
}

}  // namespace nsrun::helper
