// SPDX-License-Identifier: Apache-2.0
#include "dataplane/host_service.hh"

#include <optional>
#include <utility>

namespace nsrun::dataplane {

HostService::HostService(loop::Loop& loop, SpliceRelay& spliced, base::Fd listener,
                         const wire::Endpoint& in_guest, std::vector<wire::Endpoint> targets)
    : spliced_(spliced),
      in_guest_(in_guest),
      targets_(std::move(targets)),
      listener_(loop, "host's service", std::move(listener), in_guest,
                [this](base::Fd client, const wire::Endpoint& from, base::Time) {
                  connect(std::move(client), from, 0);
                }) {}

// A client whom nobody takes dies with its reset (its listener's SO_LINGER).
void HostService::connect(base::Fd client, const wire::Endpoint& from, size_t tried) noexcept {
  if (tried == targets_.size()) return;
  spliced_.join(
      std::move(client), os::start_connect(targets_[tried], std::nullopt),
      {.key = {wire::Transport::kTcp, from, in_guest_}, .is_published = false},
      [this, from, tried](base::Fd refused, int) { connect(std::move(refused), from, tried + 1); });
}

}  // namespace nsrun::dataplane
