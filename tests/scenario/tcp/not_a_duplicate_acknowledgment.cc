// SPDX-License-Identifier: Apache-2.0
//
// RFC 5681 section 2: data, another window or nothing in flight make an acknowledgment no
// duplicate.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, NotADuplicateWithData) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(4000);
  relay.loses(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));

  for (uint32_t count = 1; count <= 5; ++count) {
    guest.sends(data(10).ack(1));
    relay.sends(ack(10 * count + 1));
  }
  relay.is_silent();
}

TEST_P(Scenario, NotADuplicateWithAnotherWindow) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(4000);
  relay.loses(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));

  for (int count = 1; count <= 5; ++count) {
    guest.window = static_cast<uint16_t>(guest.window + 10);
    guest.sends(ack(1));
  }
  relay.is_silent();
}

TEST_P(Scenario, NotADuplicateWithNothingInFlight) {
  guest_connected();
  for (int count = 1; count <= 5; ++count) guest.sends(ack(1));
  host.gives(1000);
  relay.sends(data(1000));
  relay.is_silent();
}

}  // namespace nsrun::tcp
