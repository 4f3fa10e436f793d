package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrUnreachable says that the unprivileged user a server of root's runs as
// cannot get to a directory it needs; the error around it names the closed one.
var ErrUnreachable = errors.New("directory closed to the database's user")

// account is the user of the operating system the server runs as.
type account struct {
	uid, gid uint32
	name     string
	peers    []string // the users who may connect
}

// pickAccount is ourselves, except for root: PostgreSQL refuses to run as root.
func pickAccount(pgdata string) (account, error) {
	self, err := user.LookupId(strconv.Itoa(os.Geteuid()))
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL runs only as a user with a name, user id %d has none: %w", os.Geteuid(), err)
	}
	if os.Geteuid() != 0 {
		return newAccount(self, self.Username)
	}
	low, err := unprivileged(pgdata)
	if err != nil {
		return account{}, err
	}
	return newAccount(low, self.Username, low.Username)
}

// unprivileged prefers the owner of an existing cluster: the server opens no
// other's files, and a user named postgres may have come since it was made.
func unprivileged(pgdata string) (*user.User, error) {
	if info, err := os.Lstat(pgdata); err == nil && ownerOf(info) != 0 {
		return user.LookupId(strconv.Itoa(int(ownerOf(info))))
	}
	if u, err := user.Lookup("postgres"); err == nil {
		return u, nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody: %w", err)
	}
	return u, nil
}

func newAccount(u *user.User, peers ...string) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("read user id of %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("read group id of %s: %w", u.Username, err)
	}
	return account{uint32(uid), uint32(gid), u.Username, peers}, nil
}

// attributes make a child run as the account, with none of our groups, and in
// a process group of its own: Ctrl-C in a terminal reaches the whole group, and
// the server must outlive the requests we still have to finish.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// reaches tries the way as the account itself, because access lists and
// mounts decide more than mode bits do; the bits only name the culprit.
func (a account) reaches(dir, bin string) error {
	cmd := exec.Command(filepath.Join(bin, "postgres"), "--version")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, environment(), a.attributes()
	err := cmd.Run()
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for _, path := range []string{dir, bin} {
		if closed := a.closed(path); closed != "" {
			return fmt.Errorf("%w: user %q may not enter %s on the way to %s: "+
				"choose another data_dir (e.g. /var/lib/sallyport)", ErrUnreachable, a.name, closed, path)
		}
	}
	return fmt.Errorf("%w: user %q may not enter %s or run %s: choose another data_dir (e.g. /var/lib/sallyport): %w",
		ErrUnreachable, a.name, dir, bin, err)
}

// closed names the first directory on the way to path that the account may not
// enter, along the path as written and as its symbolic links resolve.
func (a account) closed(path string) string {
	ways := []string{path}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		ways = append(ways, real)
	}
	for _, way := range ways {
		for i := range way {
			if i > 0 && way[i] == filepath.Separator && !a.enters(way[:i]) {
				return way[:i]
			}
		}
		if !a.enters(way) {
			return strings.TrimSuffix(way, "/")
		}
	}
	return ""
}

func (a account) enters(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	shift := 0
	if groupOf(info) == a.gid {
		shift = 3
	}
	if ownerOf(info) == a.uid {
		shift = 6
	}
	return info.Mode().Perm()>>shift&1 == 1
}

func ownerOf(info fs.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid }
func groupOf(info fs.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Gid }
