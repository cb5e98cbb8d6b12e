// SPDX-License-Identifier: Apache-2.0
#include "helper/launcher_link.hh"

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/error.hh"
#include "base/log.hh"
#include "os/fd_passing.hh"
#include "os/memory_file.hh"

namespace nsrun::helper {

os::Tap LauncherLink::receive_tap() {
  std::optional<os::Message> message = os::receive_message(socket_);
  if (!message) throw base::Failure("the launcher ended before it sent the TAP device");
  const base::Result<Hello> hello = decode_hello(message->bytes);
  if (!hello) throw base::Failure(hello.error());
  if (message->fds.empty()) throw base::Failure("the launcher's greeting has no TAP device");
  if (message->fds.size() > 1) {
    auto inherited = decode_known_forwards(os::read_memory_file(message->fds[1]));
    if (!inherited) throw base::Failure(inherited.error());
    inherited_ = std::move(*inherited);
  }
  return os::adopt_tap(std::move(message->fds.front()));
}

void LauncherLink::say_ready() { os::send_message(socket_, encode(Answer{true, ""})); }

void LauncherLink::say_failed(std::string_view reason) noexcept {
  try {
    os::send_message(socket_, encode(Answer{false, std::string(reason)}));
  } catch (const std::exception& error) {
    base::log::debug("tell the launcher \"{}\": {}", reason, error.what());
  }
}

void LauncherLink::report(const ForwardChange& change) noexcept {
  try {
    os::send_message(socket_, std::visit([](const auto& which) { return encode(which); }, change));
  } catch (const std::exception& error) {
    base::log::debug("tell the launcher of a forward: {}", error.what());
  }
}

}  // namespace nsrun::helper
