// SPDX-License-Identifier: Apache-2.0
//
// What the host already has is acknowledged again and not given to it again.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestDataRepeated) {
  guest_connected();
  guest.sends(data(1000));
  relay.loses(ack(1001));
  guest.sends(data(1000).seq(1));
  relay.sends(ack(1001));
  host.has_received(1000);
}

TEST_P(Scenario, GuestDataRepeatedWithinABatch) {
  guest_connected();
  guest.sends_together({data(1000), data(1000).seq(1)});
  relay.sends(ack(1001));
  host.has_received(1000);
}

TEST_P(Scenario, GuestDataRepeatedInPart) {
  guest_connected();
  guest.sends(data(1000));
  relay.sends(ack(1001));
  guest.sends(data(1500).seq(501));
  relay.sends(ack(2001));
  host.has_received(2000);
}

}  // namespace nsrun::tcp
