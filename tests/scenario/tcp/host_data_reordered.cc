// SPDX-License-Identifier: Apache-2.0
//
// RFC 5681 section 3.2: what arrives in another order, and be it in two places, is told by fewer
// than three duplicates. Nothing is sent again, and the next duplicates count from the start.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, HostDataReordered) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(4000);
  for (int count = 0; count < 4; ++count) relay.sends(data(1000));
  guest.sends(ack(1));  // the second and the third overtake the first
  guest.sends(ack(1));
  relay.is_silent();
  guest.sends(ack(4001));
  flow.has_in_flight(0);

  host.gives(4000);
  for (int count = 0; count < 4; ++count) relay.sends(data(1000));
  guest.sends(ack(4001));
  guest.sends(ack(4001));
  relay.is_silent();
  guest.sends(ack(8001));
  flow.has_in_flight(0);
  relay.is_silent();
}

}  // namespace nsrun::tcp
