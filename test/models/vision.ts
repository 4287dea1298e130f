// Models of images, ported from pytorch/vision.py: the same attributes, so PyTorch's state dicts load.
import { cat, nn, type Tensor, zeros } from "../../src/index.js";

export class MLP extends nn.Module {
  hidden1 = new nn.Linear(12, 16);
  hidden2 = new nn.Linear(16, 8);
  output = new nn.Linear(8, 5);

  forward(x: Tensor): Tensor {
    const h = this.hidden1.forward(x).relu();
    return this.output.forward(this.hidden2.forward(h).relu());
  }
}

export class LeNet extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d(1, 4, 5, { padding: 2 }),
    new nn.Tanh(),
    new nn.AvgPool2d(2),
    new nn.Conv2d(4, 8, 5),
    new nn.Tanh(),
    new nn.AvgPool2d(2),
  );
  classifier = new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(32, 16),
    new nn.Tanh(),
    new nn.Linear(16, 5),
  );

  forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

class BasicBlock extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  downsample: nn.Sequential | null = null;

  constructor(channelsIn: number, channels: number, stride = 1) {
    super();
    this.conv1 = new nn.Conv2d(channelsIn, channels, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(channels);
    this.conv2 = new nn.Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(channels);
    if (stride !== 1 || channelsIn !== channels) {
      this.downsample = new nn.Sequential(
        new nn.Conv2d(channelsIn, channels, 1, { stride, bias: false }),
        new nn.BatchNorm2d(channels),
      );
    }
  }

  forward(x: Tensor): Tensor {
    const h = this.bn1.forward(this.conv1.forward(x)).relu();
    const out = this.bn2.forward(this.conv2.forward(h));
    return out.add(this.downsample?.forward(x) ?? x).relu();
  }
}

function stage(channelsIn: number, channels: number, stride: number): nn.Sequential {
  return new nn.Sequential(
    new BasicBlock(channelsIn, channels, stride),
    new BasicBlock(channels, channels),
  );
}

export class ResNet18 extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
  layer1: nn.Sequential;
  layer2: nn.Sequential;
  layer3: nn.Sequential;
  layer4: nn.Sequential;
  avgpool = new nn.AdaptiveAvgPool2d(1);
  fc: nn.Linear;

  constructor(width = 3, classes = 5) {
    super();
    this.conv1 = new nn.Conv2d(3, width, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = new nn.BatchNorm2d(width);
    this.layer1 = stage(width, width, 1);
    this.layer2 = stage(width, 2 * width, 2);
    this.layer3 = stage(2 * width, 4 * width, 2);
    this.layer4 = stage(4 * width, 8 * width, 2);
    this.fc = new nn.Linear(8 * width, classes);
  }

  forward(x: Tensor): Tensor {
    let h = this.maxpool.forward(this.bn1.forward(this.conv1.forward(x)).relu());
    for (const layer of [this.layer1, this.layer2, this.layer3, this.layer4]) h = layer.forward(h);
    return this.fc.forward(this.avgpool.forward(h).flatten(1));
  }
}

class DoubleConv extends nn.Sequential {
  constructor(channelsIn: number, channels: number) {
    super(
      new nn.Conv2d(channelsIn, channels, 3, { padding: 1 }),
      new nn.BatchNorm2d(channels),
      new nn.ReLU(),
      new nn.Conv2d(channels, channels, 3, { padding: 1 }),
      new nn.BatchNorm2d(channels),
      new nn.ReLU(),
    );
  }
}

export class UNet extends nn.Module {
  down1: DoubleConv;
  down2: DoubleConv;
  bottom: DoubleConv;
  pool = new nn.MaxPool2d(2);
  up2: nn.ConvTranspose2d;
  conv2: DoubleConv;
  up1: nn.ConvTranspose2d;
  conv1: DoubleConv;
  head: nn.Conv2d;

  constructor(width = 4) {
    super();
    this.down1 = new DoubleConv(1, width);
    this.down2 = new DoubleConv(width, 2 * width);
    this.bottom = new DoubleConv(2 * width, 4 * width);
    this.up2 = new nn.ConvTranspose2d(4 * width, 2 * width, 2, { stride: 2 });
    this.conv2 = new DoubleConv(4 * width, 2 * width);
    this.up1 = new nn.ConvTranspose2d(2 * width, width, 2, { stride: 2 });
    this.conv1 = new DoubleConv(2 * width, width);
    this.head = new nn.Conv2d(width, 1, 1);
  }

  forward(x: Tensor): Tensor {
    const skip1 = this.down1.forward(x);
    const skip2 = this.down2.forward(this.pool.forward(skip1));
    const bottom = this.bottom.forward(this.pool.forward(skip2));
    const middle = this.conv2.forward(cat([skip2, this.up2.forward(bottom)], 1));
    return this.head.forward(this.conv1.forward(cat([skip1, this.up1.forward(middle)], 1)));
  }
}

export class Autoencoder extends nn.Module {
  encoder = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { stride: 2, padding: 1 }),
    new nn.LeakyReLU(0.2),
    new nn.Conv2d(4, 8, 3, { stride: 2, padding: 1 }),
    new nn.LeakyReLU(0.2),
    new nn.Flatten(),
    new nn.Linear(32, 6),
  );
  decoder = new nn.Sequential(
    new nn.Linear(6, 32),
    new nn.ReLU(),
    new nn.Unflatten(1, [8, 2, 2]),
    new nn.ConvTranspose2d(8, 4, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    new nn.ReLU(),
    new nn.ConvTranspose2d(4, 1, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    new nn.Sigmoid(),
  );

  forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x));
  }
}

export class ViT extends nn.Module {
  patches: nn.Conv2d;
  clsToken: nn.Parameter;
  position: nn.Parameter;
  encoder: nn.TransformerEncoder;
  norm: nn.LayerNorm;
  head: nn.Linear;

  constructor(dim = 16, patch = 4, depth = 2, classes = 5) {
    super();
    this.patches = new nn.Conv2d(1, dim, patch, { stride: patch });
    this.clsToken = new nn.Parameter(zeros([1, 1, dim]));
    this.position = new nn.Parameter(zeros([1, 5, dim]));
    const layer = new nn.TransformerEncoderLayer(dim, 4, {
      ...{ dimFeedforward: 32, dropout: 0, activation: "gelu" },
      ...{ batchFirst: true, normFirst: true },
    });
    this.encoder = new nn.TransformerEncoder(layer, depth);
    this.norm = new nn.LayerNorm(dim);
    this.head = new nn.Linear(dim, classes);
  }

  forward(x: Tensor): Tensor {
    const patches = this.patches.forward(x).flatten(2).transpose(1, 2);
    const first = this.clsToken.expand([x.shape[0]!, -1, -1]);
    const tokens = cat([first, patches], 1).add(this.position);
    return this.head.forward(this.norm.forward(this.encoder.forward(tokens)).select(1, 0));
  }
}
