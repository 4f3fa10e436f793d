package config

// DataDir gives the default data directory of a user.
func DataDir(uid int, env ...string) string { return dataDir(uid, split(env)) }

// Paths gives every key of Config in order.
func Paths() []string {
	var paths []string
	for _, s := range new(Config).settings() {
		paths = append(paths, s.path)
	}
	return paths
}

// Variable gives the environment variable of a key.
func Variable(path string) string { return variable(path) }
