package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrInUse says that another process holds the data directory.
var ErrInUse = errors.New("data directory is in use by another process")

// ErrUnsafe says that a directory has an owner or a mode that would let
// somebody else read or replace the database's files or its socket.
var ErrUnsafe = errors.New("directory is not private")

const (
	port      = "5432" // only part of the socket's name: nothing listens on TCP
	socket    = ".s.PGSQL." + port
	maxSocket = 103 // sun_path of macOS without its final zero; Linux has four more
)

// claimDir makes the data directory ours. Under root the server's user has
// to pass through it, and may do no more than that: keys lie beside pgdata.
func claimDir(dir string) error {
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at data directory: %w", err)
	}
	if err := ours(dir, info); err != nil || info.Mode().Perm() == mode {
		return err
	}
	return os.Chmod(dir, mode)
}

// ours refuses a shared directory such as /tmp before its mode is changed, and
// another user's: whoever owns it could swap what we are about to write.
func ours(dir string, info fs.FileInfo) error {
	if owner := ownerOf(info); int(owner) != os.Geteuid() {
		return fmt.Errorf("%w: %s belongs to user id %d, not %d: run as that user or choose another data_dir",
			ErrUnsafe, dir, owner, os.Geteuid())
	}
	if info.Mode()&fs.ModeSticky != 0 || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%w: others may write to %s (%s): choose another data_dir", ErrUnsafe, dir, info.Mode())
	}
	return nil
}

// takeLock holds the directory until the file is closed or the process ends,
// however it ends: the kernel drops the lock, no file has to be cleaned up.
func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock %s: %w", dir, ErrInUse)
	}
	return nil, fmt.Errorf("lock %s: %w", dir, err)
}

// socketDir is dir/run unless the socket's path would be too long for the
// kernel, or hold a comma, which separates hosts in a connection string.
func socketDir(dir, temp string) (string, error) {
	sum := sha256.Sum256([]byte(dir))
	for _, d := range []string{
		filepath.Join(dir, "run"),
		filepath.Join(temp, "sallyport-"+hex.EncodeToString(sum[:])[:12]),
	} {
		if len(filepath.Join(d, socket)) <= maxSocket && !strings.Contains(d, ",") {
			return d, nil
		}
	}
	return "", fmt.Errorf("no room for a socket: both %s and %s are longer than a socket's path may be", dir, temp)
}

// private makes dir for the account alone. One that is already there is taken
// only if nobody else can have made it or can reach into it: the fallback's
// name can be guessed, and in a shared directory anybody may get there first.
func (a account) private(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make private directory: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at private directory: %w", err)
	}
	owner := ownerOf(info)
	if mine := owner == a.uid || int(owner) == os.Geteuid(); !mine || info.Mode() != fs.ModeDir|0o700 {
		return fmt.Errorf("%w: %s (%s, user id %d) was made by somebody else: remove it or choose a shorter data_dir",
			ErrUnsafe, dir, info.Mode(), owner)
	}
	if owner == a.uid {
		return nil
	}
	return os.Lchown(dir, int(a.uid), int(a.gid))
}
