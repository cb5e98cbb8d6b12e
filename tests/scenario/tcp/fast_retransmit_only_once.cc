// SPDX-License-Identifier: Apache-2.0
//
// Further duplicates belong to the same loss.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, FastRetransmitOnlyOnce) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(4000);
  relay.loses(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));

  for (int duplicate = 0; duplicate < 3; ++duplicate) guest.sends(ack(1));
  relay.sends(data(1000).seq(1));
  for (int duplicate = 0; duplicate < 300; ++duplicate) guest.sends(ack(1));
  relay.is_silent();
}

}  // namespace nsrun::tcp
