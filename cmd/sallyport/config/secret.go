package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

const (
	redacted = "[redacted]"
	// Of the file and of each secret, in bytes: the parser takes time in the
	// square of its nesting, seconds at this size and hours at a megabyte.
	sizeLimit = 64 << 10
)

// Secret is a value that prints, logs and marshals as "[redacted]", or as
// nothing when it is empty.
type Secret string

// Reveal gives the value itself.
func (s Secret) Reveal() string { return string(s) }

// String gives "[redacted]", or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format writes String for every verb: with a Stringer alone %d and %#v would
// print the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText gives String; it never fails.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// secrets moves the content of every x_file into its x. Where both are set it
// leaves both, and Validate reports them.
func (l *loader) secrets() {
	for path, target := range l.targets {
		secret, ok := target.(*Secret)
		if !ok {
			continue
		}
		if file := l.targets[path+"_file"].(*string); *file != "" && *secret == "" {
			l.secret(path, secret, file)
		}
	}
}

func (l *loader) secret(path string, secret *Secret, file *string) {
	at := l.origin(path + "_file")
	content, err := read(*file)
	value := strings.TrimRight(string(content), "\r\n")
	if err == nil && value == "" {
		// Taken as unset, a truncated file would start the embedded database.
		err = errors.New("the file is empty")
	}
	if err != nil {
		l.fail(at, "cannot read the secret: %v", err)
		return
	}
	*secret, *file = Secret(value), ""
	l.origins[path] = at
}

// read drops the path from its errors: somebody will put the secret itself
// where its path belongs.
func read(path string) ([]byte, error) {
	content, err := readLimited(path)
	var detail *fs.PathError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	return content, err
}

func readLimited(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, sizeLimit+1))
	if err == nil && len(content) > sizeLimit {
		err = fmt.Errorf("larger than %d bytes", sizeLimit)
	}
	return content, err
}
