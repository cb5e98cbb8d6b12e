// SPDX-License-Identifier: Apache-2.0
#include "dataplane/host_service.hh"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace nsrun::dataplane {

HostService::HostService(loop::Loop& loop, base::Fd listener, const wire::Endpoint& in_guest)
    : in_guest_(in_guest),
      listener_(loop, "host's service", std::move(listener), fmt::format("{}", in_guest),
                [this](base::Fd client, const wire::Endpoint& from, base::Time) {
                  serve(std::move(client), from);
                }) {}

HostPortService::HostPortService(loop::Loop& loop, SpliceRelay& spliced, base::Fd listener,
                                 const wire::Endpoint& in_guest,
                                 std::vector<wire::Endpoint> targets)
    : HostService(loop, std::move(listener), in_guest),
      spliced_(spliced),
      targets_(std::move(targets)) {}

void HostPortService::connect(base::Fd client, const wire::Endpoint& from, size_t tried) noexcept {
  if (tried == targets_.size()) return;
  spliced_.join(
      std::move(client), os::start_connect(targets_[tried], std::nullopt), name_of(from),
      [this, from, tried](base::Fd refused, int) { connect(std::move(refused), from, tried + 1); });
}

}  // namespace nsrun::dataplane
