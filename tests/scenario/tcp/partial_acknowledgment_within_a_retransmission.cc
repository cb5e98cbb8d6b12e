// SPDX-License-Identifier: Apache-2.0
//
// A receiver without segmentation offload acknowledges a large piece bit by bit; that must not
// send the rest of it over and over.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, PartialAcknowledgmentWithinARetransmission) {
  guest_connected();
  chunk_bytes = 20'000;
  host.gives(40'000);
  relay.loses(data(20'000));
  relay.sends(data(20'000));
  guest.sends(ack(1));
  relay.sends(data(20'000).seq(1));
  for (uint32_t heard = 2921; heard < 20'000; heard += 2920) guest.sends(ack(heard));
  relay.is_silent();
  guest.sends(ack(40'001));
  flow.has_in_flight(0);
}

}  // namespace nsrun::tcp
