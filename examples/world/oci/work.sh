# What the container does: it makes files in /data, changes them, packs them, and serves them to itself.
set -e
cd /data
seq 200000 > numbers
sort -r numbers > sorted
gzip -c sorted > sorted.gz
gunzip -c sorted.gz | sha256sum
tar -cf all.tar numbers sorted
rm sorted
tar -xf all.tar sorted
cmp sorted /dev/null | head -1
cp -p numbers copy
mv copy moved
ln -s moved link
chmod 600 moved
touch -d '2001-02-03 04:05:06' moved
ls -ln link moved | cut -c1-10
mkfifo pipe
seq 50000 > pipe &
grep -c 7 < pipe
mknod plain p
httpd -f -p 127.0.0.1:8000 -h /data &
server=$!
tries=0
until wget -q -O fetched http://127.0.0.1:8000/sorted.gz 2> /dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || exit 1
    sleep 0.1
done
kill "$server"
cmp fetched sorted.gz && echo "fetched what was served"
rm numbers sorted sorted.gz all.tar moved link pipe plain fetched
find . | sort
