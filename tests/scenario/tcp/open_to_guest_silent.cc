// SPDX-License-Identifier: Apache-2.0
//
// A guest that never answers our SYN is given up after two minutes, without a reset that nobody
// waits for.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestSilent) {
  host.client_arrives();
  relay.loses(syn());
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s}) {
    after(pause);
    relay.loses(syn().seq(0));
  }
  after(60s);
  relay.is_silent();
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
