// SPDX-License-Identifier: Apache-2.0
#include "helper/launcher_reports.hh"

#include <algorithm>
#include <exception>
#include <variant>

#include "base/log.hh"
#include "os/fd_passing.hh"

namespace nsrun::helper {

LauncherReports::LauncherReports(control::MainContext& context, base::FdView socket)
    : socket_(socket), room_(context, socket, GIOCondition{}, [this](GIOCondition) { send(); }) {}

void LauncherReports::report(const ForwardChange& change) noexcept {
  try {
    if (takes_back(change)) return;
    waiting_.push_back(change);
  } catch (const std::exception& error) {
    return base::log::debug("tell the launcher of a forward: {}", error.what());
  }
  if (waiting_.size() == 1) send();
}

// A forward that has come and gone meanwhile is not worth a report: no more wait than there are
// forwards on both sides.
bool LauncherReports::takes_back(const ForwardChange& change) noexcept {
  const auto* removed = std::get_if<ForwardRemoved>(&change);
  if (removed == nullptr) return false;
  return std::erase_if(waiting_, [&](const ForwardChange& other) {
           const auto* added = std::get_if<ForwardAdded>(&other);
           return added != nullptr && added->id == removed->id;
         }) > 0;
}

void LauncherReports::send() noexcept {
  try {
    while (!waiting_.empty()) {
      const auto bytes =
          std::visit([](const auto& which) { return encode(which); }, waiting_.front());
      if (!os::try_send_message(socket_, bytes)) return room_.change(G_IO_OUT);
      waiting_.pop_front();
    }
  } catch (const std::exception& error) {
    base::log::debug("tell the launcher of a forward: {}", error.what());
    waiting_.clear();  // it has ended
  }
  room_.change(GIOCondition{});
}

}  // namespace nsrun::helper
