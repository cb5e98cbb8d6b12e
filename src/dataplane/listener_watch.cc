// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener_watch.hh"

#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "base/error.hh"

namespace nsrun::dataplane {
namespace {

// A new port is to be there within a second.
constexpr base::Duration kInterval = std::chrono::milliseconds(250);

}  // namespace

void ListenerWatch::start(OnList on_list) {
  on_list_ = std::move(on_list);
  next_look_.set(base::now());
}

void ListenerWatch::look() noexcept {
  inside_.ask(InsideRequest::kListeners, [this](const ProcessAnswer& answer) { take(answer); });
}

void ListenerWatch::take(const ProcessAnswer& answer) noexcept {
  if (answer.error == ENOTCONN) return;  // nobody is there any more, and the client has said so
  next_look_.set(loop_.now() + kInterval);
  try {
    const auto listeners = wire::decode_listeners(answer.more);
    if (answer.error == 0 && listeners) return on_list_(*listeners);
    const int error = answer.error == 0 ? EPROTO : answer.error;
    if (uint64_t held_back = 0; failure_log_.allows(loop_.now(), held_back)) {
      base::log::warning("cannot list what the command listens on: {}", base::error_text(error));
    }
  } catch (const std::exception& error) {
    base::log::debug("a list of listeners is passed over: {}", error.what());
  }
}

}  // namespace nsrun::dataplane
