package embedded

func init() { maxRestarts = 5 }

func FindIn(path, root string, major int) (string, error) {
	b, err := find(path, root, major)
	return b.dir, err
}

func SocketDir(dir, temp string) (string, error) { return socketDir(dir, temp) }

// ClosedTo is what the check of the way to path says to a user of that id.
func ClosedTo(uid, gid uint32, path string) string {
	return account{uid: uid, gid: gid}.closed(path)
}

func PIDOf(pgdata string) (int, error) {
	p, err := readPostmaster(pgdata + "/postmaster.pid")
	return p.pid, err
}

func Locale(major int, goos string) []string { return locale(major, goos) }
