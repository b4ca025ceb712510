// SPDX-License-Identifier: MIT
// Names and numbers are those of the data sheet "LAN9118", revision 1.5.

#include "lan9118.h"
#include "mps2.h"

#define RX_DATA REG(LAN9118_BASE + 0x00)
#define TX_DATA REG(LAN9118_BASE + 0x20)
#define RX_STATUS REG(LAN9118_BASE + 0x40)
#define TX_STATUS REG(LAN9118_BASE + 0x48)
#define IRQ_CFG REG(LAN9118_BASE + 0x54)
#define INT_STS REG(LAN9118_BASE + 0x58)
#define INT_EN REG(LAN9118_BASE + 0x5c)
#define TX_CFG REG(LAN9118_BASE + 0x70)
#define HW_CFG REG(LAN9118_BASE + 0x74)
#define RX_FIFO_INF REG(LAN9118_BASE + 0x7c)
#define TX_FIFO_INF REG(LAN9118_BASE + 0x80)
#define RX_DROP REG(LAN9118_BASE + 0xa0)
#define MAC_CSR_CMD REG(LAN9118_BASE + 0xa4)
#define MAC_CSR_DATA REG(LAN9118_BASE + 0xa8)

#define IRQ_CFG_EN (1 << 8)
#define IRQ_CFG_ACTIVE_HIGH (1 << 4)
#define IRQ_CFG_PUSH_PULL (1 << 0)
#define INT_PHY (1 << 18)
#define INT_RX_STATUS (1 << 3) // the RX status FIFO is not empty
#define TX_CFG_ON (1 << 1)
#define HW_CFG_RESET (1 << 0)
#define HW_CFG_MUST_BE_ONE (1 << 20)
#define HW_CFG_TX_KIB(n) ((n) << 16) // KiB of the 16 KiB; the rest is for receiving
#define TX_KIB (5) // the emulator supports no other value
#define RX_FIFO_BYTES (10560) // the size of the RX data FIFO with this TX_KIB
#define RX_FRAME_BYTES (sizeof(lan9118_frame_t))
#define RX_STATUS_ERROR (1 << 15)
#define RX_STATUS_LENGTH(status) ((status) >> 16 & 0x3fff)
#define TX_FIRST_AND_LAST (1 << 13 | 1 << 12)

// Registers behind MAC_CSR_CMD
#define MAC_CSR_BUSY (1u << 31)
#define MAC_CSR_READ (1 << 30)
#define MAC_CR (1)
#define MAC_ADDRH (2)
#define MAC_ADDRL (3)
#define MAC_MII_ACC (6)
#define MAC_MII_DATA (7)

#define MAC_CR_FULL_DUPLEX (1 << 20)
#define MAC_CR_ALL_MULTICAST (1 << 19)
#define MAC_CR_TX (1 << 3)
#define MAC_CR_RX (1 << 2)
#define MII_BUSY (1 << 0)
#define MII_WRITE (1 << 1)

// Registers behind MAC_MII_ACC
#define PHY_CONTROL (0)
#define PHY_STATUS (1)
#define PHY_INT_SOURCE (29)
#define PHY_INT_MASK (30)

#define PHY_CONTROL_AUTONEG (1 << 12 | 1 << 9)
#define PHY_STATUS_LINK (1 << 2)
#define PHY_INT_AUTONEG_DONE (1 << 6)
#define PHY_INT_LINK_DOWN (1 << 4)

static uint32_t mac_read(uint32_t index) {
    MAC_CSR_CMD = MAC_CSR_BUSY | MAC_CSR_READ | index;
    while (MAC_CSR_CMD & MAC_CSR_BUSY) {
    }
    return MAC_CSR_DATA;
}

static void mac_write(uint32_t index, uint32_t value) {
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = MAC_CSR_BUSY | index;
    while (MAC_CSR_CMD & MAC_CSR_BUSY) {
    }
}

static void mii_access(uint32_t index, uint32_t flags) {
    mac_write(MAC_MII_ACC, 1 << 11 | index << 6 | flags | MII_BUSY);
    while (mac_read(MAC_MII_ACC) & MII_BUSY) {
    }
}

static uint32_t phy_read(uint32_t index) {
    mii_access(index, 0);
    return mac_read(MAC_MII_DATA);
}

static void phy_write(uint32_t index, uint32_t value) {
    mac_write(MAC_MII_DATA, value);
    mii_access(index, MII_WRITE);
}

void lan9118_init(void) {
    HW_CFG = HW_CFG_RESET;
    while (HW_CFG & HW_CFG_RESET) {
    }
    HW_CFG = HW_CFG_MUST_BE_ONE | HW_CFG_TX_KIB(TX_KIB);
    TX_CFG = TX_CFG_ON;
    phy_write(PHY_INT_MASK, PHY_INT_AUTONEG_DONE | PHY_INT_LINK_DOWN);
    phy_write(PHY_CONTROL, PHY_CONTROL_AUTONEG);
    IRQ_CFG = IRQ_CFG_EN | IRQ_CFG_ACTIVE_HIGH | IRQ_CFG_PUSH_PULL;
    mac_write(MAC_CR, MAC_CR_FULL_DUPLEX | MAC_CR_ALL_MULTICAST | MAC_CR_TX | MAC_CR_RX);
}

void lan9118_get_mac(uint8_t mac[6]) {
    uint32_t low = mac_read(MAC_ADDRL);
    uint32_t high = mac_read(MAC_ADDRH);
    for (int i = 0; i < 4; ++i) {
        mac[i] = low >> 8 * i;
    }
    mac[4] = high;
    mac[5] = high >> 8;
}

static void forget_sent(void) {
    while (TX_FIFO_INF >> 16 & 0xff) {
        (void)TX_STATUS;
    }
}

bool lan9118_send(const lan9118_frame_t frame, size_t len) {
    forget_sent();
    if (len > LAN9118_FRAME_MAX || (TX_FIFO_INF & 0xffff) < len + 12) {
        return false;
    }
    TX_DATA = TX_FIRST_AND_LAST | len;
    TX_DATA = len;
    for (size_t i = 0; i < (len + 3) / 4; ++i) {
        TX_DATA = frame[i];
    }
    return true;
}

int lan9118_receive(lan9118_frame_t frame) {
    if ((RX_FIFO_INF >> 16 & 0xff) == 0) {
        return 0;
    }
    uint32_t status = RX_STATUS;
    size_t len = RX_STATUS_LENGTH(status);
    for (size_t i = 0; i < (len + 3) / 4; ++i) {
        uint32_t word = RX_DATA;
        if (i < sizeof(lan9118_frame_t) / 4) {
            frame[i] = word;
        }
    }
    bool bad = (status & RX_STATUS_ERROR) || len < 14 + 4 || len > LAN9118_FRAME_MAX + 4;
    return bad ? -1 : (int)len - 4;
}

uint32_t lan9118_lost(void) {
    return RX_DROP;
}

bool lan9118_was_full(void) {
    // The controller drops a frame if its free memory is smaller than the frame. The driver may have read one frame
    // after the drop.
    return (RX_FIFO_INF & 0xffff) > RX_FIFO_BYTES - 2 * RX_FRAME_BYTES;
}

bool lan9118_link_changed(void) {
    if (!(INT_STS & INT_PHY)) {
        return false;
    }
    return phy_read(PHY_INT_SOURCE) != 0;
}

bool lan9118_link_up(void) {
    phy_read(PHY_STATUS); // this bit shows a lost link until it is read
    return phy_read(PHY_STATUS) & PHY_STATUS_LINK;
}

void lan9118_interrupt_on(void) {
    INT_EN = INT_RX_STATUS | INT_PHY;
}

void lan9118_interrupt_off(void) {
    INT_EN = 0;
    INT_STS = INT_RX_STATUS;
}
