// SPDX-License-Identifier: Apache-2.0
//
// Of a piece that arrived in part only the rest is sent again.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, HalfAcknowledgedChunk) {
  guest_connected();
  host.gives(10'000);
  relay.sends(data(10'000));
  guest.sends(ack(6001));
  flow.has_in_flight(4000);
  after(200ms);
  relay.sends(data(4000).seq(6001));
  guest.sends(ack(10'001));
  flow.has_in_flight(0);
}

}  // namespace nsrun::tcp
