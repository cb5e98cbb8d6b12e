// SPDX-License-Identifier: Apache-2.0
//
// The retransmission is lost too: the timer is the last resort.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, FastRetransmitLost) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(4000);
  relay.loses(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));

  after(50ms);
  for (int duplicate = 0; duplicate < 3; ++duplicate) guest.sends(ack(1));
  relay.loses(data(1000).seq(1));
  after(199ms);
  relay.is_silent();
  after(1ms);
  relay.sends(data(1000).seq(1));
  guest.sends(ack(4001));
  relay.is_silent();
}

}  // namespace nsrun::tcp
