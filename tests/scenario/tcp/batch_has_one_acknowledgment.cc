// SPDX-License-Identifier: Apache-2.0
//
// One acknowledgment for all segments of a batch, none on its own when data goes the other way.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, BatchHasOneAcknowledgment) {
  guest_connected();
  guest.sends_together({data(1000), data(1000), data(1000)});
  relay.sends(ack(3001));
  relay.is_silent();
}

TEST_P(Scenario, BatchIsAcknowledgedByData) {
  guest_connected();
  guest.window = 0;
  guest.sends(data(1));
  relay.sends(ack(2));
  host.gives(500);
  guest.window = 512;
  guest.sends(data(1000));
  relay.sends(data(500).ack(1002));
  relay.is_silent();
}

}  // namespace nsrun::tcp
