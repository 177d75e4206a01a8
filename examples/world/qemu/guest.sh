#!/bin/sh
# The first program in the guest.
mount -t devtmpfs none /dev
mount -t proc none /proc
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk failover net_failover virtio_net; do
    [ ! -e "/modules/$module.ko" ] || insmod "/modules/$module.ko"
done
read -r _ _ version _ < /proc/version
echo "guest: Linux $version"
echo "guest: $(dd if=/dev/vda bs=4096 count=256 2> /dev/null | sha256sum)"
echo written | dd of=/dev/vda bs=512 seek=4000 conv=fsync 2> /dev/null
echo "guest: $(dd if=/dev/vda bs=512 skip=4000 count=1 2> /dev/null | head -1)"
ifconfig eth0 10.0.2.15 up
route add default gw 10.0.2.2
port=$(sed 's/.*port=\([0-9]*\).*/\1/' /proc/cmdline)
echo "guest: $(wget -q -O - "http://10.0.2.2:$port/page")"
if grep -q attack /proc/cmdline; then
    echo attack | dd of=/dev/vda bs=512 seek=4008 conv=fsync,sync 2> /dev/null
    echo "guest: attacked"
fi
echo "guest: end"
poweroff -f
